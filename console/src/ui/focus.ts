/**
 * Keeps the focus in the page: when its element is removed, it returns to the one that had it before,
 * and on another page to the start of that page.
 *
 * @module
 */

const MAX_RECENT = 20;

/** Elements that had the focus, the last one first. */
let recent: readonly HTMLElement[] = [];
/** The path at which the focus was given. */
let path = '';
/** Whether the user moved the focus away from all elements. */
let isLeft = true;

/** Returns the focus from an element to the one before it, or to the start of the page. */
export function focusBack(from?: Element): void {
  const before =
    path === location.pathname
      ? recent.find(
          (each) => each !== from && each.isConnected && each.checkVisibility() && !each.inert,
        )
      : undefined;
  (before ?? document.getElementById('main'))?.focus({ preventScroll: true });
}

/** Starts to observe the focus. */
export function startFocus(): void {
  addEventListener('focusin', ({ target }) => {
    if (!(target instanceof HTMLElement)) return;
    isLeft = false;
    // Browsers do not scroll sideways for what is partly visible.
    if (target.matches(':focus-visible'))
      target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    path = location.pathname;
    recent = [target, ...recent.filter((each) => each !== target)].slice(0, MAX_RECENT);
  });
  addEventListener('focusout', ({ target, relatedTarget }) => {
    // An element that is being removed is connected until the end of the task.
    queueMicrotask(() => {
      if (relatedTarget === null && target instanceof Element && target.isConnected) isLeft = true;
    });
  });
  new MutationObserver(() => {
    const { activeElement, body } = document;
    if (!isLeft && recent[0]?.isConnected === false && activeElement === body) focusBack();
  }).observe(document.body, { childList: true, subtree: true });
}
