import type { ReactNode } from 'react';

/**
 * A row of links, each to a part of a page. The links are made by the caller, because the router
 * types them: `<Link className={TAB_CLASS} aria-current=…>`.
 */
export function Tabs(props: { readonly label: string; readonly children: ReactNode }): ReactNode {
  return (
    <nav
      aria-label={props.label}
      className="flex h-8 shrink-0 gap-1 overflow-x-auto border-b border-line px-3"
    >
      {props.children}
    </nav>
  );
}

/** The class of a link in `Tabs`. The current one has `aria-current="page"`. */
export const TAB_CLASS =
  'inline-flex items-center gap-1.5 whitespace-nowrap border-b-2 border-transparent px-2 text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink';
