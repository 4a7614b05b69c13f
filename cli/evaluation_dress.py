"""How the page of an evaluation looks, and the little that moves on it."""

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #888; --code: #2f7de1; --share: #d97706;
  --candidate: #a855f7; --wrong: #d32f2f; --missed: #b7791f; --right: #2e7d32 }
body { font: 15px/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 78rem;
  padding: 0 1.5rem }
h1 { font-size: 1.4rem; margin: 1rem 0 .25rem } h2 { font-size: 1.1rem; margin: 0 0 .5rem }
h2 small { color: var(--quiet); font-weight: normal }
table { border-collapse: collapse; font-size: .85rem }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top }
thead th { border-bottom: 1px solid var(--line); color: var(--quiet); font-weight: 500 }
.counts { display: flex; flex-wrap: wrap; gap: 1rem 3rem; align-items: start }
.counts td:not(:first-child), .counts th:not(:first-child) { text-align: right;
  font-variant-numeric: tabular-nums }
.counts td.none { color: var(--quiet); opacity: .5 } td.wrong { color: var(--wrong) }
td.missed { color: var(--missed) }
.badge { color: #fff; border-radius: .3rem; padding: .05rem .5rem; font-size: .85rem;
  background: var(--quiet) }
.wrong .badge { background: var(--wrong) } .missed .badge { background: var(--missed) }
article { display: grid; grid-template-columns: minmax(14rem, 25rem) 1fr; gap: 2rem;
  border-top: 1px solid var(--line); margin-top: 1.5rem; padding-top: 1.5rem }
figure { margin: 0; position: relative; align-self: start } img { width: 100%; display: block }
svg { width: 100%; display: block } svg.over { position: absolute; inset: 0; height: 100% }
svg.drawn { border: 1px solid var(--line); background: #fff } svg text { fill: #222 }
polygon { fill: transparent; stroke: #8a8a8a88; stroke-width: 1px;
  vector-effect: non-scaling-stroke }
g.code polygon { stroke: var(--code); stroke-width: 2.5px }
g.share polygon { stroke: var(--share); stroke-width: 2.5px }
g.candidate polygon { stroke: var(--candidate); stroke-width: 2px; stroke-dasharray: 5 3 }
g.lit polygon { fill: #ffd60055; stroke: #e0a800; stroke-width: 2.5px }
.plain th { color: var(--quiet); font-weight: 500; white-space: nowrap }
.lines { max-height: 34rem; overflow: auto; margin-top: .8rem; border: 1px solid var(--line);
  border-radius: .4rem; padding: 0 .6rem } .lines table { width: 100% }
.lines thead th { position: sticky; top: 0; background: Canvas; padding-top: .3rem }
.lines td:first-child { color: var(--quiet); width: 2rem }
.lines td:nth-child(2) { white-space: pre-wrap; overflow-wrap: anywhere }
tr.lit { background: #ffd60033 } tr.code td:nth-child(2) { color: var(--code) }
tr.share td:nth-child(2) { color: var(--share) }
tr.candidate td:nth-child(2) { color: var(--candidate) }
tr.code td, tr.share td, tr.candidate td { font-weight: 600 }
.key span { margin-right: 1.2rem } .key i { display: inline-block; width: 1.2rem; height: .7rem;
  border: 2.5px solid; margin-right: .35rem }
@media (max-width: 50rem) { article { grid-template-columns: 1fr } }
"""

KEY = (
    '<p class="key"><span><i style="color: var(--code)"></i>line of the code</span>'
    '<span><i style="color: var(--share)"></i>line of the share</span>'
    '<span><i style="color: var(--candidate); border-style: dashed"></i>a candidate</span></p>'
)

SCRIPT = """
for (const article of document.querySelectorAll("article")) {
  const light = (event, on) => {
    const line = event.target.closest("[data-line]")?.dataset.line;
    if (line === undefined) return;
    for (const part of article.querySelectorAll(`[data-line="${line}"]`))
      part.classList.toggle("lit", on);
  };
  article.addEventListener("mouseover", event => light(event, true));
  article.addEventListener("mouseout", event => light(event, false));
}
"""
