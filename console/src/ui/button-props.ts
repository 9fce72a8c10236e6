/**
 * Buttons that cannot be used now.
 *
 * @module
 */
import type { ComponentProps } from 'react';

type ButtonProps = ComponentProps<'button'>;

/**
 * The properties of a button. If it is disabled, it can still have the focus, so that Tab reaches it and
 * it does not lose the focus; pressing it shows its title, which states why it cannot be used.
 */
export function buttonProps({ disabled = false, ...props }: ButtonProps): ButtonProps {
  if (!disabled) return props;
  return {
    ...props,
    'aria-disabled': true,
    onClick: async (event) => {
      event.preventDefault();
      const { title } = props;
      if (title !== undefined) (await import('./messages.ts')).showMessage(title, 'failed');
    },
  };
}
