import type { ReactNode } from 'react';

/** A part of a panel under its heading. */
export function Section(props: {
  readonly title: string;
  readonly children: ReactNode;
}): ReactNode {
  return (
    <section className="flex min-w-0 flex-col gap-1 border-t border-line px-3 py-2">
      <h3 className="text-xs font-medium tracking-wide text-muted uppercase">{props.title}</h3>
      {props.children}
    </section>
  );
}
