"use strict";
for (const section of document.querySelectorAll("section")) {
  const body = section.querySelector("tbody");
  if (!body) continue;
  const rows = [...body.rows];
  const headers = [...section.querySelectorAll("th")];
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  // Every word has to be in a row, wherever.
  const filter = section.querySelector("input");
  const shown = section.querySelector("output");
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(word => word);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every(word => text.includes(word));
      if (!row.hidden) count++;
    }
    shown.textContent = `${count} of ${rows.length}`;
  });

  headers.forEach((header, column) => header.querySelector("button").addEventListener("click", () => {
    const down = header.getAttribute("aria-sort") === "ascending";
    headers.forEach(other => other.removeAttribute("aria-sort"));
    header.setAttribute("aria-sort", down ? "descending" : "ascending");
    const compare = (left, right) => {
      const [a, b] = [left.cells[column], right.cells[column]];
      return a.dataset.sort !== undefined && b.dataset.sort !== undefined
        ? a.dataset.sort - b.dataset.sort
        : collator.compare(a.textContent, b.textContent);
    };
    rows.sort((left, right) => down ? compare(right, left) : compare(left, right));
    body.append(...rows);
  }));
}
