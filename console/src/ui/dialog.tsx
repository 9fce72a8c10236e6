import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { visibleText } from '../format/visible-text.ts';

/**
 * A modal dialog. It is in the page only while it is open; Escape and a click beside it close it. The
 * focus returns to where it was.
 */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly className?: string;
}): ReactNode {
  const { title, onClose, children, className = 'w-120' } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  // Before the element is removed, so that closing it returns the focus.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it by itself.
    <dialog
      ref={dialog}
      aria-labelledby={heading}
      className={`m-auto max-h-[90dvh] max-w-[92vw] overflow-auto rounded-md border border-line bg-surface p-0 text-ink shadow-popover backdrop:bg-[rgb(0_0_0/0.4)] ${className}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={({ target, currentTarget }) => {
        if (target === currentTarget) onClose();
      }}
    >
      <div className="p-4">
        <h2 id={heading} className="mb-3 text-lg font-semibold wrap-anywhere">
          {visibleText(title)}
        </h2>
        {children}
      </div>
    </dialog>
  );
}
