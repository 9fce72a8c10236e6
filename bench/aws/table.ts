/**
 * Formats figures as lines of text.
 *
 * @module
 */
import type { Figure } from './figures/figure.ts';
import { dollarsOf } from './prices.ts';

const format = (value: number): string =>
  Number.isInteger(value) ? String(value) : value.toPrecision(4);

/** @param isJudged whether the figure is compared with its limit: figures of small runs are not */
export function line({ key, value, unit, highest, what }: Figure, isJudged: boolean): string {
  const goal = highest === undefined ? '' : `≤ ${format(highest)}`;
  const verdict = !isJudged || highest === undefined ? '' : value <= highest ? 'met' : 'MISSED';
  return [
    key.padEnd(20),
    format(value).padStart(10),
    unit.padEnd(9),
    goal.padEnd(10),
    verdict.padEnd(7),
    what,
  ].join(' ');
}

/** Returns the parts of a figure, one per line. */
export function breakdown({ parts, sums }: Figure): readonly string[] {
  const amounts = (sums ?? []).map(
    ([what, amount]) => `    ${what.padEnd(52)} ${format(amount).padStart(12)}`,
  );
  if (parts === undefined) return amounts;
  const { statement, steps } = parts;
  const lines = [...statement.lines].sort((a, b) =>
    `${a.service} ${a.by} ${a.action}` < `${b.service} ${b.by} ${b.action}` ? -1 : 1,
  );
  const requests = lines.map(({ service, action, by, count, units }) => {
    const dollars = (dollarsOf(units) / steps) * 1000;
    return `    ${service.padEnd(16)}${by.padEnd(14)}${action.padEnd(30)}${(count / steps).toFixed(3).padStart(9)} a step ${dollars.toFixed(6).padStart(11)} $ per 1,000 steps`;
  });
  const services = [...new Set(lines.map(({ service }) => service))].map((service) => {
    const sum = lines
      .filter((each) => each.service === service)
      .reduce((total, { units }) => total + dollarsOf(units), 0);
    return `    ${service.padEnd(60)}${((sum / steps) * 1000).toFixed(6).padStart(27)} $ per 1,000 steps`;
  });
  return [...amounts, ...requests, '    --', ...services];
}
