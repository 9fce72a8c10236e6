import type { ReactNode } from 'react';
import type { PreviewContent } from '../../../../../src/wire/previews.ts';
import { formatCount } from '../../../format/numbers.ts';
import { visibleText } from '../../../format/visible-text.ts';
import { Lines } from '../../../ui/lines.tsx';

/** A value of a preview. */
export type PreviewValue = Extract<PreviewContent, { readonly kind: 'json' }>['value'];

const MAX_DEPTH = 24;

/** A key of a JSON pointer (RFC 6901). */
const pointerKey = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** The path of a value inside another one. */
export const pathTo = (path: string, key: string | number): string =>
  `${path}/${pointerKey(String(key))}`;

/** A value as a tree. A part that is not in the preview is a button that opens it. */
export function PreviewValueView(props: {
  readonly value: PreviewValue;
  readonly path: string;
  readonly from?: number;
  readonly depth?: number;
  readonly onOpen: (path: string) => void;
}): ReactNode {
  const { value, path, from = 0, depth = 0, onOpen } = props;
  if (value === null || typeof value === 'boolean' || typeof value === 'number')
    return <span className="text-accent">{String(value)}</span>;
  if (typeof value === 'string') return <Lines text={JSON.stringify(value)} />;
  const open = (label: string) => (
    <button type="button" className="text-accent underline" onClick={() => onOpen(path)}>
      {label}
    </button>
  );
  switch (value.is) {
    case 'text':
      return (
        <>
          <Lines text={JSON.stringify(value.text)} />
          {open(` … ${formatCount(value.length)} characters`)}
        </>
      );
    case 'scalar':
      return <span className="text-accent">{visibleText(value.text)}</span>;
    case 'bytes':
      return <span>{`${formatCount(value.length)} bytes ${value.hex}`}</span>;
    case 'error':
      return <Lines text={`${value.name}: ${value.message}`} className="text-failed" />;
    case 'omitted':
      return open(
        value.length === null ? value.type : `${value.type} (${formatCount(value.length)})`,
      );
    case 'typedArray':
      return (
        <span className="wrap-anywhere">
          {`${value.type}(${formatCount(value.length)}) [${value.items.join(', ')}${value.items.length < value.length ? ', …' : ''}]`}
        </span>
      );
    default:
  }
  if (depth >= MAX_DEPTH) return open(`${value.is} (${formatCount(value.length)})`);
  const entries: readonly (readonly [label: ReactNode, key: string | number, PreviewValue])[] =
    'items' in value
      ? value.items.map((item, index) => [String(from + index), from + index, item])
      : value.is === 'object'
        ? value.entries.map(([key, item]) => [visibleText(key), key, item])
        : value.entries.map(([key, item], index) => [
            <PreviewValueView key="k" value={key} path={path} depth={MAX_DEPTH} onOpen={onOpen} />,
            from + index,
            item,
          ]);
  const omitted = value.length < 0 ? 0 : value.length - from - entries.length;
  return (
    <details open={depth < 2}>
      <summary className="cursor-pointer text-muted">
        {value.length < 0 ? value.is : `${value.is} (${formatCount(value.length)})`}
      </summary>
      <ul className="border-l border-line pl-3">
        {entries.map(([label, key, item]) => (
          <li key={String(key)} className="flex items-baseline gap-2">
            <span className="shrink-0 text-muted">
              {label}
              {':'}
            </span>
            <span className="min-w-0">
              <PreviewValueView
                value={item}
                path={pathTo(path, key)}
                depth={depth + 1}
                onOpen={onOpen}
              />
            </span>
          </li>
        ))}
        {omitted > 0 && depth > 0 && <li>{open(`${formatCount(omitted)} more`)}</li>}
      </ul>
    </details>
  );
}
