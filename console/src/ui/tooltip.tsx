import { type ReactNode, useId, useRef } from 'react';

/** A text that appears beside an element on hover and on focus. Escape hides it. */
export function Tooltip(props: {
  readonly text: ReactNode;
  readonly children: ReactNode;
}): ReactNode {
  const id = useId();
  const anchor = useRef<HTMLSpanElement>(null);
  const bubble = useRef<HTMLSpanElement>(null);
  const show = () => {
    const [from, element] = [anchor.current?.getBoundingClientRect(), bubble.current];
    if (from === undefined || element === null || element.matches(':popover-open')) return;
    element.showPopover();
    const { width, height } = element.getBoundingClientRect();
    const below = from.bottom + 4 + height <= innerHeight;
    element.style.left = `${Math.max(8, Math.min(from.left, innerWidth - width - 8))}px`;
    element.style.top = `${below ? from.bottom + 4 : from.top - height - 4}px`;
  };
  const hide = () => {
    if (bubble.current?.matches(':popover-open')) bubble.current.hidePopover();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the element inside has the role.
    <span
      ref={anchor}
      aria-describedby={id}
      className="inline-flex"
      onMouseEnter={show}
      onMouseLeave={hide}
      onFocus={show}
      onBlur={hide}
      onKeyDown={({ key }) => {
        if (key === 'Escape') hide();
      }}
    >
      {props.children}
      <span
        ref={bubble}
        id={id}
        role="tooltip"
        popover="manual"
        className="fixed inset-auto m-0 max-w-80 rounded-sm border border-line bg-surface px-2 py-1 text-sm text-ink shadow-popover"
      >
        {props.text}
      </span>
    </span>
  );
}
