/**
 * Numbers as text: counts, values of metrics, money.
 *
 * @module
 */

const COUNT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,684`. */
export const formatCount = (value: number): string => COUNT.format(value);

/** `1 run`, `1,684 runs`. */
export const formatCounted = (value: number, one: string, many = `${one}s`): string =>
  `${formatCount(value)} ${value === 1 ? one : many}`;

/** The value of a metric with five significant digits; `NaN` and infinities by their names. */
export function formatMetric(value: number | string): string {
  if (typeof value === 'string') return value.replace('Infinity', '∞');
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '-∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return COUNT.format(value);
  if (size >= 1e6 || size < 1e-4)
    return value
      .toExponential(3)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return Number(value.toPrecision(5)).toString();
}

/** US dollars: `$0.0004`, `$0.42`, `$1,234`. */
export function formatMoney(dollars: number): string {
  const size = Math.abs(dollars);
  const sign = dollars < 0 ? '-' : '';
  if (size === 0) return '$0';
  if (size < 0.00005) return `${sign}< $0.0001`;
  if (size < 0.1)
    return `${sign}$${Number(size.toPrecision(2))
      .toFixed(4)
      .replace(/0{1,2}$/, '')}`;
  return size < 999.5 ? `${sign}$${size.toFixed(2)}` : `${sign}$${COUNT.format(size)}`;
}
