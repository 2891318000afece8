// The trend of one account: a line over the bands of its model, in the colours of the theme.
(function () {
  "use strict";
  var charts = [];

  function colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  }

  function bandsPlugin(bands) {
    return {
      id: "bands",
      beforeDatasetsDraw: function (chart) {
        var area = chart.chartArea;
        var scale = chart.scales.y;
        var top = 100;
        chart.ctx.save();
        bands.forEach(function (band) {
          chart.ctx.fillStyle = colour(band.color + "-tint");
          var upper = scale.getPixelForValue(top);
          var lower = scale.getPixelForValue(band.min);
          chart.ctx.globalAlpha = 0.55;
          chart.ctx.fillRect(area.left, upper, area.right - area.left, lower - upper);
          chart.ctx.globalAlpha = 1;
          chart.ctx.fillStyle = colour(band.color + "-ink");
          chart.ctx.font = "500 11px Inter, sans-serif";
          if (lower - upper > 16) chart.ctx.fillText(band.title, area.left + 8, upper + 15);
          top = band.min;
        });
        chart.ctx.restore();
      },
    };
  }

  function draw(canvas) {
    var data = JSON.parse(document.getElementById(canvas.dataset.trend).textContent);
    var ticks = { color: colour("ink-3"), font: { family: "Inter, sans-serif", size: 11 } };
    return new Chart(canvas, {
      type: "line",
      data: {
        datasets: [{
          label: "Health", data: TenureTime.points(data.days, data.health), borderColor: colour("ink"), borderWidth: 2,
          pointRadius: 0, pointHoverRadius: 4, pointHitRadius: 12, tension: 0.25,
          pointBackgroundColor: colour("ink"),
        }],
      },
      options: {
        animation: false, maintainAspectRatio: false,
        interaction: { mode: "index", intersect: false },
        plugins: { legend: { display: false }, tooltip: { displayColors: false, callbacks: { title: TenureTime.title } } },
        scales: {
          x: TenureTime.axis(data.days, { grid: { display: false }, border: { color: colour("line") }, ticks: ticks }),
          y: { title: { display: true, text: "Health, 0 to 100", color: colour("ink-3") }, min: 0, max: 100, grid: { display: false }, border: { display: false }, ticks: Object.assign({ stepSize: 20 }, ticks) },
        },
      },
      plugins: [bandsPlugin(data.bands)],
    });
  }

  function drawAll(root) {
    root.querySelectorAll("canvas[data-trend]").forEach(function (canvas) {
      if (!Chart.getChart(canvas)) charts.push({ canvas: canvas, chart: draw(canvas) });
    });
  }

  document.addEventListener("htmx:load", function (event) { drawAll(event.detail.elt); });
  document.addEventListener("tenure:theme", function () {
    charts.forEach(function (entry) {
      entry.chart.destroy();
      if (entry.canvas.isConnected) entry.chart = draw(entry.canvas);
    });
  });
  document.addEventListener("DOMContentLoaded", function () { drawAll(document); });
})();
