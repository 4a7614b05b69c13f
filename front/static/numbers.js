// The charts; the same numbers stand in the tables below them.

const data = JSON.parse(document.getElementById("charts").textContent);
const dark = matchMedia("(prefers-color-scheme: dark)");
const drawn = [];

// Bars need less weight than words: tones of the sheet's meanings, calmer. They differ in
// brightness too, so that nobody needs to tell green from amber.
const TONES = {
  light: { good: "#1f7a5c", doubt: "#e0a83a", bad: "#c0392f", plain: "#9aa3b0" },
  dark: { good: "#3f9f7c", doubt: "#f0c06a", bad: "#ff8a80", plain: "#6f7a8a" },
};

function draw() {
  for (const chart of drawn.splice(0)) chart.destroy();
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink-soft").trim();
  const line = style.getPropertyValue("--line").trim();
  const tones = TONES[dark.matches ? "dark" : "light"];
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.color = ink;
  for (const canvas of document.querySelectorAll("canvas[data-chart]")) {
    const { labels, series } = data[canvas.dataset.chart];
    const flat = "flat" in canvas.dataset;
    const counts = { stacked: true, beginAtZero: true, grid: { color: line }, ticks: { precision: 0 } };
    const names = { stacked: true, grid: { display: false }, ticks: { autoSkip: !flat } };
    const chart = new Chart(canvas, {
      type: "bar",
      data: {
        labels,
        datasets: series.map(({ name, tone, values }) => ({
          label: name,
          data: values,
          backgroundColor: tones[tone],
          maxBarThickness: flat ? 20 : 34,
          borderRadius: 2,
        })),
      },
      options: {
        indexAxis: flat ? "y" : "x",
        animation: false,
        maintainAspectRatio: false,
        interaction: { mode: "index", axis: flat ? "y" : "x", intersect: false },
        scales: flat ? { x: counts, y: names } : { x: names, y: counts },
        plugins: {
          legend: { display: series.length > 1, position: "top", align: "end", labels: { boxWidth: 12 } },
        },
      },
    });
    drawn.push(chart);
  }
}

draw();
dark.addEventListener("change", draw);
