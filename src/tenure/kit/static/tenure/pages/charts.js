// Charts of the pages: data from a JSON script element, colours from the theme in force.
(function () {
  "use strict";
  if (!window.Chart) return;

  function color(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }
  function axis(extra) {
    return Object.assign({ border: { display: false }, grid: { color: color("line"), drawTicks: false }, ticks: { color: color("ink-3"), padding: 8, maxRotation: 0, autoSkipPadding: 24 } }, extra);
  }
  function base(scales, extra) {
    return Object.assign({
      responsive: true, maintainAspectRatio: false, animation: false,
      interaction: { mode: "index", intersect: false },
      scales: scales,
      plugins: {
        legend: { position: "bottom", labels: { color: color("ink-2"), usePointStyle: true, boxWidth: 8, boxHeight: 8, padding: 16 } },
        tooltip: { backgroundColor: color("surface"), titleColor: color("ink"), bodyColor: color("ink-2"), borderColor: color("line-strong"), borderWidth: 1, padding: 10, usePointStyle: true, boxPadding: 4 }
      }
    }, extra);
  }
  function line(label, data, tone, extra) {
    return Object.assign({ label: label, data: data, borderColor: color(tone), backgroundColor: color(tone), borderWidth: 2, pointRadius: 0, pointHitRadius: 12, tension: 0.25, spanGaps: true }, extra);
  }
  function over(labels) { return TenureTime.axis(labels, axis({ grid: { display: false } })); }
  function named(text) { return { display: true, text: text, color: color("ink-3") }; }
  // A chart over days: its tooltips name the day.
  function overTime(labels, sets, y, extra) {
    var options = base({ x: over(labels), y: axis(y) }, extra);
    options.plugins.tooltip.callbacks = { title: TenureTime.title };
    return { type: "line", data: { datasets: sets }, options: options };
  }
  function pct(value) { return Math.round(value * 100) + " %"; }

  var kinds = {
    bands: function (d) {
      var sets = d.bands.map(function (b) {
        return line(b.title, TenureTime.points(d.labels, b.counts), b.role, { fill: true, borderWidth: 1, tension: 0, borderColor: color("surface"), pointStyle: "rectRounded" });
      });
      return overTime(d.labels, sets, { stacked: true, beginAtZero: true, title: named("Accounts"), ticks: { color: color("ink-3"), precision: 0, padding: 8 } });
    },
    means: function (d) {
      var sets = [line("Mean health", TenureTime.points(d.labels, d.mean), "accent"), line("Mean churn risk", TenureTime.points(d.labels, d.risk), "bad", { borderDash: [5, 4] })];
      return overTime(d.labels, sets, { min: 0, max: 100, title: named("Points, 0 to 100"), ticks: { color: color("ink-3"), padding: 8, stepSize: 25 } });
    },
    auc: function (d) {
      var chance = d.labels.map(function () { return 0.5; });
      var sets = [line("ROC AUC", TenureTime.points(d.labels, d.auc), "accent", { pointRadius: 3 }), line("No better than chance", TenureTime.points(d.labels, chance), "none", { borderDash: [5, 4], borderWidth: 1.5 })];
      return overTime(d.labels, sets, { min: 0, max: 1, title: named("ROC AUC"), ticks: { color: color("ink-3"), padding: 8, stepSize: 0.25 } });
    },
    calibration: function (d) {
      var top = Math.min(1, Math.max.apply(null, d.points.map(function (p) { return Math.max(p.predicted, p.high); }).concat([0.05])) * 1.1);
      var whiskers = { id: "whiskers", afterDatasetsDraw: function (chart) {
        var ctx = chart.ctx, x = chart.scales.x, y = chart.scales.y;
        ctx.save(); ctx.strokeStyle = color("accent"); ctx.lineWidth = 1.5; ctx.globalAlpha = 0.55;
        d.points.forEach(function (p) {
          var px = x.getPixelForValue(p.predicted);
          ctx.beginPath(); ctx.moveTo(px, y.getPixelForValue(Math.min(p.low, top))); ctx.lineTo(px, y.getPixelForValue(Math.min(p.high, top))); ctx.stroke();
        });
        ctx.restore();
      } };
      var options = base({
        x: axis({ type: "linear", min: 0, max: top, title: { display: true, text: "Predicted churn", color: color("ink-3") }, ticks: { color: color("ink-3"), callback: pct } }),
        y: axis({ min: 0, max: top, title: { display: true, text: "Observed churn", color: color("ink-3") }, ticks: { color: color("ink-3"), callback: pct } })
      }, { interaction: { mode: "nearest", intersect: true } });
      options.plugins.tooltip.callbacks = { label: function (item) {
        var p = item.raw.of; return p ? "predicted " + pct(p.predicted) + ", observed " + pct(p.observed) + " (" + pct(p.low) + " to " + pct(p.high) + ") of " + p.n : item.dataset.label;
      } };
      return { type: "scatter", plugins: [whiskers], data: { datasets: [
        { label: "Groups of accounts, 95 % interval", data: d.points.map(function (p) { return { x: p.predicted, y: p.observed, of: p }; }), backgroundColor: color("accent"), pointRadius: 5, pointHoverRadius: 7 },
        { label: "Perfect calibration", type: "line", data: [{ x: 0, y: 0 }, { x: top, y: top }], borderColor: color("none"), backgroundColor: color("none"), borderDash: [5, 4], borderWidth: 1.5, pointRadius: 0 }
      ] }, options: options };
    }
  };

  var drawn = [];
  function draw(canvas) {
    var source = document.getElementById(canvas.dataset.source);
    var config = kinds[canvas.dataset.chart](JSON.parse(source.textContent));
    drawn.push({ canvas: canvas, chart: new Chart(canvas, config) });
  }
  function all(root) {
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    root.querySelectorAll("canvas[data-chart]").forEach(function (canvas) {
      if (!Chart.getChart(canvas)) draw(canvas);
    });
  }
  document.addEventListener("tenure:theme", function () {
    drawn.splice(0).forEach(function (item) {
      item.chart.destroy();
      if (item.canvas.isConnected) draw(item.canvas);
    });
  });
  document.addEventListener("htmx:afterSettle", function (event) { all(event.target); });
  all(document);
})();
