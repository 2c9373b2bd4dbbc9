// The page: a square for each answer, in the colour of who gave it.
package main

const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Rollouts demo</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
         color-scheme: light dark; }
  #squares { display: grid; gap: 4px; grid-template-columns: repeat(auto-fill, minmax(28px, 1fr)); }
  #squares i { aspect-ratio: 1; border-radius: 3px; background: #8884; display: grid; place-items: center;
               font: 11px/1 ui-monospace, monospace; color: #000c; }
  #squares i.failed { background: #8884; color: #d00; outline: 2px solid #d00; }
</style>
<h1>Who answers?</h1>
<p id="says" aria-live="polite">Asking ten times a second.</p>
<div id="squares" role="img" aria-label="One square for each of the last answers, in the colour of who answered"></div>
<script>
  const squares = document.getElementById("squares"), says = document.getElementById("says");
  const answers = [], shown = 240;
  for (let n = 0; n < shown; n++) squares.append(document.createElement("i"));
  function show(answer) {
    const square = squares.children[answers.length % shown];
    square.className = answer === "failed" ? "failed" : "";
    square.style.background = answer === "failed" ? "" : answer;
    square.textContent = answer === "failed" ? "×" : answer[0];
    answers.push(answer);
    const last = answers.slice(-100), counts = {};
    for (const one of last) counts[one] = (counts[one] || 0) + 1;
    says.textContent = "Of the last " + last.length + ": " +
      Object.entries(counts).map(([name, count]) => count + " " + name).join(", ");
  }
  async function ask() {
    try {
      const answer = await fetch("color", { cache: "no-store" });
      show(answer.ok ? await answer.json() : "failed");
    } catch { show("failed"); }
  }
  setInterval(ask, 100);
</script>
</html>
`
