/**
 * Walks through a page with the Tab key, as a reader without a mouse does.
 *
 * @module
 */
import type { Page } from 'playwright-core';

/** An element that had the focus. */
export interface FocusStop {
  /** The tag and the name: `button Abort…`. */
  readonly name: string;
  /** Why the focus cannot be seen; undefined: it can. */
  readonly hidden: string | undefined;
}

const MAX_STOPS = 150;

/**
 * The elements that Tab reaches after an element, until the focus leaves the page. The walk ends with
 * an error if it does not leave: then the focus is trapped.
 */
export async function walkByTab(page: Page, from = '#main'): Promise<readonly FocusStop[]> {
  await page.locator(from).focus();
  const stops: FocusStop[] = [];
  while (true) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(describeFocus);
    if (stop === undefined) return stops;
    stops.push(stop);
    if (stops.length > MAX_STOPS)
      throw new Error(
        `the focus does not leave the page: ${stops.slice(-6).map(nameOf).join(', ')}`,
      );
  }
}

const nameOf = ({ name }: FocusStop): string => name;

/** In the page: the element that has the focus, and whether its focus is visible. */
function describeFocus(): FocusStop | undefined {
  const element = document.activeElement;
  if (element === null || element === document.body) return undefined;
  const text = element.getAttribute('aria-label') ?? element.textContent ?? '';
  const name = `${element.tagName.toLowerCase()} ${text.trim().slice(0, 60)}`;
  const hasOutline = (each: Element): boolean => {
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1;
  };
  // A control without a picture of its own is outlined by what contains it.
  const outlined = [element, element.parentElement, element.closest('label')].find(
    (each) => each !== null && hasOutline(each),
  );
  if (outlined === undefined || outlined === null) return { name, hidden: 'it has no outline' };
  const { left, top, right, bottom } = outlined.getBoundingClientRect();
  if (right - left < 2 || bottom - top < 2) return { name, hidden: 'it has no size' };
  const isInView = right > 0 && bottom > 0 && left < innerWidth && top < innerHeight;
  if (!isInView) return { name, hidden: 'it is out of view' };
  // Buttons over a canvas pass the pointer on to it.
  if (getComputedStyle(element).pointerEvents === 'none') return { name, hidden: undefined };
  const x = Math.min(Math.max((left + right) / 2, 1), innerWidth - 2);
  const y = Math.min(Math.max((top + bottom) / 2, 1), innerHeight - 2);
  const front = document.elementFromPoint(x, y);
  const isCovered =
    front !== null && !outlined.contains(front) && !front.contains(outlined) && front !== outlined;
  return { name, hidden: isCovered ? `${front.tagName} covers it` : undefined };
}

/** The name of the element that has the focus, or `body`. */
export const focusedName = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return 'body';
    return (element.getAttribute('aria-label') ?? element.textContent ?? '').trim();
  });
