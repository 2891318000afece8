// A time axis for charts: days stand as far apart as they lay apart. (Chart.js has one of its own, which
// needs a library of dates beside it.)
(function () {
  "use strict";
  var DAY = 86400000, MOST = 6;
  var words = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "2-digit", timeZone: "UTC" });

  function moment(day) { return Date.parse(day.slice(0, 10) + "T00:00:00Z"); }
  function word(at) { return words.format(new Date(at)); }

  // Points for a dataset: values over the days they belong to.
  function points(days, values) {
    return days.map(function (day, place) { return { x: moment(day), y: values[place] }; });
  }

  // Options of the x axis over these days (ISO, oldest first); `extra` goes over them.
  function axis(days, extra) {
    var first = moment(days[0]), last = moment(days[days.length - 1]);
    var number = Math.max(2, Math.min(MOST, days.length, Math.round((last - first) / DAY) + 1));
    var own = {
      type: "linear", min: first, max: last,
      afterBuildTicks: function (scale) {
        scale.ticks = Array.from({ length: number }, function (_, n) {
          return { value: first + Math.round((last - first) * n / (number - 1) / DAY) * DAY };
        });
      }
    };
    var options = Object.assign(own, extra);
    options.ticks = Object.assign({ maxRotation: 0, autoSkip: true }, extra.ticks, { callback: word });
    return options;
  }

  // The title of a tooltip: the day pointed at.
  function title(items) { return items.length ? word(items[0].parsed.x) : ""; }

  window.TenureTime = { points: points, axis: axis, title: title };
})();
