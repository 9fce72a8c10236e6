import type { ReactNode } from 'react';

/** The title of a list, its filters beside it. */
export function ListHeader(props: {
  readonly title: ReactNode;
  readonly children?: ReactNode;
}): ReactNode {
  return (
    <header className="flex min-h-13 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line px-4 py-2">
      {typeof props.title === 'string' && <title>{`${props.title} · Headrace`}</title>}
      <h1 className="min-w-0 text-lg font-semibold wrap-anywhere">{props.title}</h1>
      {props.children}
    </header>
  );
}
