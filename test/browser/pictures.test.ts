import type { Page } from 'playwright-core';
import { describe } from 'vitest';
import { PICTURE_TIME, PICTURED, seedPictures } from './seeds/pictures.ts';
import { consoleTest } from './support/console-test.ts';
import { expectPicture, fixTime } from './support/pictures.ts';

const test = consoleTest((home) => seedPictures(home));

const graphOf = (page: Page) => page.getByRole('img', { name: /^Graph of/ }).waitFor();
const { running, failed, sweep } = PICTURED;

/** For the top of the README. */
const WIDE = { width: 1280, height: 560 };

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly theme?: 'dark';
  readonly size?: { readonly width: number; readonly height: number };
  /** Returns when the page shows everything. */
  readonly shown: (page: Page) => Promise<void>;
}

const PICTURES: readonly Picture[] = [
  {
    name: 'runs',
    path: 'runs',
    shown: (page) =>
      page
        .getByRole('row', { name: /station-forecast/ })
        .first()
        .waitFor(),
  },
  { name: 'run', path: `runs/${running}?dir=LR`, size: WIDE, shown: graphOf },
  { name: 'run-dark', path: `runs/${running}?dir=LR`, size: WIDE, theme: 'dark', shown: graphOf },
  {
    name: 'step',
    path: `runs/${failed}?tab=graph&step=100`,
    shown: async (page) => {
      await graphOf(page);
      await page.getByText('hours are missing').first().waitFor();
    },
  },
  {
    name: 'timeline',
    path: `runs/${failed}?tab=timeline`,
    shown: (page) => page.getByRole('img', { name: /^Timeline/ }).waitFor(),
  },
  {
    name: 'steps',
    path: `runs/${failed}?tab=steps`,
    shown: (page) =>
      page
        .getByRole('row', { name: /evaluate/ })
        .first()
        .waitFor(),
  },
  {
    name: 'logs',
    path: `runs/${failed}?tab=logs&step=100`,
    shown: (page) => page.getByText('epoch 2 loss').first().waitFor(),
  },
  {
    name: 'metrics',
    path: `runs/${sweep[1]}?tab=metrics&step=2`,
    shown: (page) => page.getByText('accuracy').first().waitFor(),
  },
  {
    name: 'parameters',
    path: `runs/${running}?tab=parameters`,
    shown: (page) => page.getByText('horizon').first().waitFor(),
  },
  {
    name: 'new-run',
    path: 'new?project=forecasts&pipeline=station-forecast&a.rate=0.03',
    shown: (page) => page.getByText('1 change from the defaults').waitFor(),
  },
  {
    name: 'compare',
    path: `compare?runs=${sweep.join(',')}&tab=charts`,
    theme: 'dark',
    shown: (page) => page.getByText('accuracy').first().waitFor(),
  },
  {
    name: 'pipeline',
    path: 'pipelines/forecasts/station-forecast',
    shown: (page) => page.getByText('2.4.0').first().waitFor(),
  },
  {
    name: 'telephone',
    path: 'runs',
    size: { width: 390, height: 780 },
    shown: (page) => page.getByText('station-forecast').first().waitFor(),
  },
];

describe('pictures of the documentation', () => {
  for (const { name, path, theme, size, shown } of PICTURES)
    test(`${name} looks as it did`, async ({ open }) => {
      const { page } = await open('settings', {
        width: size?.width ?? 1280,
        height: size?.height ?? 720,
        ...(theme !== undefined && { theme }),
      });
      await fixTime(page, PICTURE_TIME);
      await page.goto(`${new URL(page.url()).origin}/console/${path}`);
      await shown(page);
      await page.waitForLoadState('networkidle');
      await expectPicture(page, name);
    });
});
