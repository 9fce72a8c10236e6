import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { PreviewContent, PreviewDocument } from '../../../../../src/wire/previews.ts';
import { type OutputId, previewQuery } from '../../../api/outputs.ts';
import { formatBytes } from '../../../format/bytes.ts';
import { formatCount } from '../../../format/numbers.ts';
import { visibleText } from '../../../format/visible-text.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Lines } from '../../../ui/lines.tsx';
import { Name } from '../../../ui/name.tsx';
import { PreviewValueView, pathTo } from './preview-value.tsx';

const PAGE = 100;

/** The start of an artifact or model, as text, table, tree or picture: never as a document. */
export function PreviewView({ output }: { readonly output: OutputId }): ReactNode {
  const [part, setPart] = useState({ path: '', from: 0 });
  const { data, error } = useQuery(previewQuery(output, part));
  if (error !== null) return <ErrorPanel error={error} />;
  if (data === undefined) return <p className="text-muted">Loading the preview…</p>;
  return (
    <div className="flex min-h-0 flex-col gap-2">
      <p className="flex flex-wrap items-center gap-2 text-muted">
        <span>{`${data.format} · ${formatBytes(data.size)}`}</span>
        {data.truncated && <span>a part of it is shown</span>}
        {data.path !== '' && (
          <>
            <code className="break-all">{visibleText(data.path)}</code>
            <Button kind="quiet" onClick={() => setPart({ path: '', from: 0 })}>
              Whole value
            </Button>
          </>
        )}
        {data.link !== null && <DownloadLink preview={data} />}
      </p>
      <div className="max-h-[60dvh] overflow-auto rounded-md border border-line bg-surface p-2 font-mono text-sm">
        <ContentView
          content={data.content}
          path={data.path}
          onOpen={(path) => setPart({ path, from: 0 })}
        />
      </div>
      <Pager
        content={data.content}
        from={part.from}
        onPage={(from) => setPart({ path: part.path, from })}
      />
    </div>
  );
}

function DownloadLink({ preview }: { readonly preview: PreviewDocument }): ReactNode {
  const { link, name } = preview;
  // Only addresses of the service and of its store, which have http or https.
  if (link === null || !/^(https?:\/\/|\/)/iu.test(link.url)) return null;
  return (
    <a href={link.url} download={name} rel="noreferrer" className="text-accent underline">
      Download
    </a>
  );
}

function Pager(props: {
  readonly content: PreviewContent;
  readonly from: number;
  readonly onPage: (from: number) => void;
}): ReactNode {
  const { content, from, onPage } = props;
  const shown = itemCount(content);
  if (from === 0 && shown < PAGE) return null;
  return (
    <p className="flex items-center gap-2">
      <Button disabled={from === 0} onClick={() => onPage(Math.max(0, from - PAGE))}>
        Previous
      </Button>
      <span>{`${formatCount(from)} – ${formatCount(from + Math.max(0, shown - 1))}`}</span>
      <Button disabled={shown < PAGE} onClick={() => onPage(from + shown)}>
        Next
      </Button>
    </p>
  );
}

/** The rows of a table, or the items or entries of the selected value. */
function itemCount(content: PreviewContent): number {
  if (content.kind === 'table') return content.rows.length;
  if (content.kind !== 'json') return 0;
  const { value } = content;
  if (typeof value !== 'object' || value === null) return 0;
  // The numbers of a typed array have no pages.
  if ('items' in value) return value.is === 'typedArray' ? 0 : value.items.length;
  return 'entries' in value ? value.entries.length : 0;
}

function ContentView(props: {
  readonly content: PreviewContent;
  readonly path: string;
  readonly onOpen: (path: string) => void;
}): ReactNode {
  const { content, path, onOpen } = props;
  switch (content.kind) {
    case 'json':
      return (
        <PreviewValueView value={content.value} path={path} from={content.from} onOpen={onOpen} />
      );
    case 'table':
      return (
        <table className="border-collapse">
          <thead>
            <tr>
              {content.columns.map(({ name, type }) => (
                <th key={name} className="border-b border-line px-2 text-left" title={type}>
                  <Name text={name} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {content.rows.map((row, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows have no other identity
              <tr key={index}>
                {row.map((cell, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: cells have no other identity
                  <td key={column} className="max-w-80 truncate border-b border-line px-2">
                    {typeof cell === 'string' ? (
                      visibleText(cell)
                    ) : (
                      <PreviewValueView
                        value={cell}
                        path={pathTo(
                          pathTo(path, content.from + index),
                          content.columns[column]?.name ?? column,
                        )}
                        depth={1}
                        onOpen={onOpen}
                      />
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
    case 'text':
      return <Lines text={content.text} />;
    case 'image':
      return content.data === null ? (
        <p>The picture is too large for a preview: download it.</p>
      ) : (
        <img
          alt="The content of the artifact"
          src={`data:${content.mediaType};base64,${content.data}`}
          className="max-h-[55dvh] max-w-full"
        />
      );
    case 'folder':
      return (
        <ul>
          {content.entries.map((entry) => (
            <li key={entry.path} className="flex gap-3">
              <span className="w-14 text-muted">{entry.type}</span>
              <Name text={entry.path} wrap />
              <span className="text-muted">{formatBytes(entry.size)}</span>
            </li>
          ))}
        </ul>
      );
    case 'binary':
      return (
        <>
          {content.reason !== null && <p className="text-muted">{visibleText(content.reason)}</p>}
          <p className="wrap-anywhere">{content.hex.replaceAll(/(..)/gu, '$1 ')}</p>
        </>
      );
  }
}
