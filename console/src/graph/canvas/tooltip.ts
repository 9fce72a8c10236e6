/**
 * The text beside the pointer: the box, or the member of the cell.
 *
 * @module
 */
import { formatDuration } from '../../format/durations.ts';
import { formatCount } from '../../format/numbers.ts';
import { visibleText } from '../../format/visible-text.ts';
import type { RunColumns } from '../../live/columns.ts';
import { statusOf } from '../../live/statuses.ts';
import { countsText } from '../model/box-counts.ts';
import { durationOf } from '../model/box-durations.ts';
import { titleOf } from '../model/box-graph.ts';
import type { Size } from '../model/viewport.ts';
import type { Picture } from '../scene.ts';
import { callAt, type Hit } from './hits.ts';
import { GLYPHS } from './palette.ts';

export class Tooltip {
  readonly #element: HTMLElement;
  readonly #columns: RunColumns;

  constructor(element: HTMLElement, columns: RunColumns) {
    this.#element = element;
    this.#columns = columns;
    element.hidden = true;
  }

  hide(): void {
    this.#element.hidden = true;
  }

  show(picture: Picture, hit: Hit, x: number, y: number, screen: Size): void {
    const element = this.#element;
    const text = this.#textOf(picture, hit);
    if (element.textContent !== text) element.textContent = text;
    element.hidden = false;
    const { offsetWidth, offsetHeight } = element;
    const left = Math.max(4, Math.min(x + 14, screen.width - offsetWidth - 4));
    const top = y + 18 + offsetHeight > screen.height ? y - offsetHeight - 10 : y + 18;
    element.style.transform = `translate(${left}px, ${Math.max(4, top)}px)`;
  }

  #textOf(picture: Picture, hit: Hit): string {
    const box = picture.graph.boxes[hit.box];
    if (box === undefined) return '';
    const call = callAt(picture, hit, this.#columns.status);
    if (call === undefined)
      return `${titleOf(this.#columns, box)}\n${countsText(picture.counts, hit.box)}`;
    const text = callText(this.#columns, call);
    return hit.members > 1 ? `${text}\n1 of ${formatCount(hit.members)} steps in this cell` : text;
  }
}

/** A call in two or three lines: name, status, duration, and why it waits. */
export function callText(columns: RunColumns, call: number): string {
  const code = columns.status[call] ?? 0;
  const duration = durationOf(columns, call);
  const attempts = columns.attempts[call] ?? 0;
  const facts = [
    `${GLYPHS[code] ?? ''} ${statusOf(code)}`,
    ...(duration === undefined ? [] : [formatDuration(duration)]),
    ...(attempts > 1 ? [`attempt ${attempts}`] : []),
  ];
  const waitingFor = columns.waitingFor.get(call);
  return [
    visibleText(columns.nameOf(call)),
    facts.join(' · '),
    ...(waitingFor === undefined ? [] : [`waits for ${waitingFor}`]),
  ].join('\n');
}
