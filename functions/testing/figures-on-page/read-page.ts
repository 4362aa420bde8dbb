import type { Page } from 'playwright-core';

/** A piece of a page that has a digit in it, and where it stands: all that is to be compared. */
export interface Reading {
  place: string;
  text: string;
}

/** What has digits and is no figure: names, moments, what sites wrote, controls, drawings of what a table says beside them. */
const NO_FIGURES = [
  ...['svg', 'time', 'code', 'pre', 'select', 'datalist', 'button', 'h1', 'h2'],
  ...['.freshness', '.quote', '.legend', '.readout', '.note > p:first-child', '.unseen', 'tbody th', 'thead th'],
].join(', ');

/** Runs in the page: every text with a digit, by the smallest part that is read as one. */
const READ = `(() => {
  const plain = (element) => (element.innerText || element.textContent).replace(/\\s+/g, ' ').trim();
  const titleOf = (element) => {
    const box = element.closest('section.card, figure.card, li.card');
    const title = box && box.querySelector('h2');
    return title ? plain(title) : 'page';
  };
  const cellPlace = (cell) => {
    const table = cell.closest('table');
    const row = cell.closest('tr');
    const column = table.querySelectorAll('thead th')[cell.cellIndex];
    return [plain(table.caption), plain(row.cells[0]), plain(column)].join(' > ');
  };
  const notePlace = (part) => {
    const id = part.closest('.note').id;
    const name = /“(.*)”/.exec(document.querySelector('[popovertarget="' + id + '"]').ariaLabel)[1];
    return name + ' (i) > ' + (part.textContent.startsWith('Base') ? 'base' : 'unknown');
  };
  const placeOf = (part) => {
    if (part.matches('td')) return cellPlace(part);
    if (part.closest('.note')) return notePlace(part);
    if (part.closest('.tile')) return part.closest('.tile').ariaLabel + ' tile > ' + (part.matches('.tile-value') ? 'value' : 'change');
    if (part.matches('dd')) return titleOf(part) + ' > ' + plain(part.previousElementSibling);
    if (part.matches('li')) return titleOf(part) + ' > ' + ([...part.parentElement.children].indexOf(part) + 1);
    return titleOf(part) + ' > ' + (part.classList[0] || part.tagName.toLowerCase());
  };
  const parts = new Set();
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { data, parentElement } = walker.currentNode;
    if (!/\\d/.test(data) || parentElement.closest(${JSON.stringify(NO_FIGURES)})) continue;
    parts.add(parentElement.closest('td, dd, li:not(.card), p, caption') ?? parentElement);
  }
  return [...parts].map((part) => ({ place: placeOf(part), text: plain(part) }));
})()`;

export function readPage(page: Page): Promise<Reading[]> {
  return page.evaluate(READ) as Promise<Reading[]>;
}
