/**
 * The keys of a row of the tree grid of steps, after the pattern of ARIA: the row has the focus, its
 * controls are used by keys.
 *
 * @module
 */
import type { KeyboardEvent } from 'react';

/** The row before a row that has a level above it, or the row itself. */
function parentOf(row: Element): Element {
  let each: Element | null = row;
  while (each !== null && each.ariaLevel !== '1') each = each.previousElementSibling;
  return each ?? row;
}

/** Arrow keys walk, expand and collapse, Enter opens, X selects. */
export function onRowKey(event: KeyboardEvent<HTMLElement>): void {
  const { key, target, currentTarget: row } = event;
  if (target !== row || event.ctrlKey || event.metaKey || event.altKey) return;
  const press = (selector: string) => row.querySelector<HTMLElement>(selector)?.click();
  const focus = (to: Element | null) => {
    if (to instanceof HTMLElement) to.focus();
  };
  if (key === 'ArrowDown') focus(row.nextElementSibling);
  else if (key === 'ArrowUp') focus(row.previousElementSibling);
  else if (key === 'ArrowRight' && row.ariaExpanded === 'false') press('button');
  else if (key === 'ArrowLeft' && row.ariaExpanded === 'true') press('button');
  else if (key === 'ArrowLeft') focus(parentOf(row));
  else if (key === 'Enter') press('button');
  else if (key === 'x') press('input');
  else return;
  event.preventDefault();
}
