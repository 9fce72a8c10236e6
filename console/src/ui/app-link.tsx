import { useRouter } from '@tanstack/react-router';
import type { ComponentProps, MouseEvent, ReactNode } from 'react';

/** The address of a path of this console, as `runs/01m8…`, with its base. */
export const useAppHref = (): ((path: string) => string) => {
  const { basepath } = useRouter();
  return (path) => `${basepath.replace(/\/$/, '')}/${path.replace(/^\//, '')}`;
};

/** Opens a path of this console. */
export function useOpen(): (path: string) => void {
  const router = useRouter();
  const href = useAppHref();
  return (path) => router.history.push(href(path));
}

/**
 * A link to a path of this console. Use `Link` of the router where the route has typed parameters;
 * this one is for paths that are data.
 */
export function AppLink(
  props: Omit<ComponentProps<'a'>, 'href'> & { readonly path: string },
): ReactNode {
  const { path, onClick, children, ...rest } = props;
  const href = useAppHref();
  const open = useOpen();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isPlain =
      event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (event.defaultPrevented || !isPlain) return;
    event.preventDefault();
    open(path);
  };
  return (
    <a {...rest} href={href(path)} onClick={follow}>
      {children}
    </a>
  );
}
