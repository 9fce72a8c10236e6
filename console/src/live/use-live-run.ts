/**
 * The feed of a run in components: one per run, which ends some seconds after its last view.
 *
 * @module
 */
import { useEffect, useSyncExternalStore } from 'react';
import { apiUrl } from '../api/client.ts';
import { apiSource } from './feed-source.ts';
import { type FeedSnapshot, RunFeed } from './run-feed.ts';
import { openTabGroup } from './tab-group.ts';

/** A feed is kept for this time, so that another page of the run continues it. */
const KEPT_MS = 5_000;

interface KeptFeed {
  readonly feed: RunFeed;
  views: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

const feeds = new Map<string, KeptFeed>();

function keptFeed(run: string): KeptFeed {
  const present = feeds.get(run);
  if (present !== undefined) return present;
  // Several services may be served on one origin: the address of the API is part of the name.
  const group = openTabGroup(`headrace ${apiUrl(`v1/runs/${run}`)}`);
  const feed = new RunFeed({ source: apiSource(run), group });
  const kept: KeptFeed = { feed, views: 0, timer: undefined };
  feeds.set(run, kept);
  return kept;
}

const isVisible = (): boolean => document.visibilityState === 'visible';

function openView(run: string): () => void {
  const kept = keptFeed(run);
  kept.views++;
  clearTimeout(kept.timer);
  if (kept.feed.snapshot().error !== null) kept.feed.retry();
  const show = () => kept.feed.setVisible(isVisible());
  document.addEventListener('visibilitychange', show);
  show();
  return () => {
    document.removeEventListener('visibilitychange', show);
    kept.views--;
    if (kept.views > 0) return;
    kept.timer = setTimeout(() => {
      feeds.delete(run);
      kept.feed.close();
    }, KEPT_MS);
  };
}

/** Starts to read a run that is about to be viewed. */
export const preloadRun = (run: string): void => openView(run)();

export interface LiveRun extends FeedSnapshot {
  readonly feed: RunFeed;
}

/** The run with this id, as it changes. */
export function useLiveRun(run: string): LiveRun {
  const { feed } = keptFeed(run);
  useEffect(() => openView(run), [run]);
  const snapshot = useSyncExternalStore(
    (listener) => feed.subscribe(listener),
    () => feed.snapshot(),
  );
  return { ...snapshot, feed };
}
