import type { Page } from 'playwright-core';

/** What changes what is shown, the switch to another project apart. */
const CONTROLS = [
  'header select:not([aria-label=Project])',
  'main :is(select, input, button[aria-pressed])',
  'main .card-tools a:not([download])',
].join(', ');

/** Runs in the page: gives each control, one after the other, something else than it says, and names it. */
const USE_ALL = `(async () => {
  const controls = () => [...document.querySelectorAll(${JSON.stringify(CONTROLS)})];
  const write = (control, value) => {
    control.value = value;
    for (const type of ['input', 'change']) control.dispatchEvent(new Event(type, { bubbles: true }));
  };
  const use = (control) => {
    if (control.localName === 'select') return write(control, [...control.options].findLast(({ value }) => value !== control.value).value);
    if (control.localName !== 'input' || control.type === 'checkbox') return control.click();
    write(control, control.type === 'date' ? '2026-11-01' : '7.4');
  };
  const used = [];
  for (let place = 0; place < controls().length; place += 1) {
    const control = controls()[place];
    const name = control.ariaLabel ?? control.labels?.[0]?.textContent ?? control.textContent;
    const before = location.href;
    use(control);
    used.push({ name, isInAddress: location.href !== before });
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
  }
  return used;
})()`;

export interface UsedControl {
  name: string;
  /** It changed the page's address. */
  isInAddress: boolean;
}

/** Uses every control that the page has now, whichever they are. */
export function useAllControls(page: Page): Promise<UsedControl[]> {
  return page.evaluate(USE_ALL) as Promise<UsedControl[]>;
}
