import type { ComponentProps, ReactNode } from 'react';
import { buttonProps } from './button-props.ts';

const KINDS = {
  plain: 'border-line bg-surface hover:bg-raised',
  primary: 'border-accent bg-accent text-accent-ink hover:opacity-90',
  danger: 'border-failed text-failed bg-surface hover:bg-raised',
  quiet: 'border-transparent hover:bg-raised',
} as const;

/** A button. `kind` is its weight; a disabled one gives the reason in `title`. */
export function Button(
  props: ComponentProps<'button'> & { readonly kind?: keyof typeof KINDS },
): ReactNode {
  const { kind = 'plain', className = '', type = 'button', ...rest } = props;
  return (
    <button
      type={type}
      className={`inline-flex h-7 items-center gap-1.5 whitespace-nowrap rounded-sm border px-2.5 font-medium aria-disabled:cursor-not-allowed aria-disabled:opacity-50 ${KINDS[kind]} ${className}`}
      {...buttonProps(rest)}
    />
  );
}
