/**
 * Checks a page with axe.
 *
 * @module
 */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * The violations of a page, each as one line with the first elements. The page's policy of content
 * does not concern scripts of the debugger.
 */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { axe } = window as unknown as {
      readonly axe: {
        run(
          context: Document,
          options: { readonly resultTypes: readonly string[] },
        ): Promise<{
          readonly violations: readonly {
            readonly id: string;
            readonly help: string;
            readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
          }[];
        }>;
      };
    };
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    return violations.map(
      ({ id, help, nodes }) =>
        `${id}: ${help}\n${nodes
          .slice(0, 3)
          .map(({ html, failureSummary }) => `  ${html.slice(0, 200)}\n  ${failureSummary ?? ''}`)
          .join('\n')}`,
    );
  });
}

/** The violations in the light theme, and in the dark one without loading the page again. */
export async function violationsInBothThemes(page: Page): Promise<readonly string[]> {
  const light = await violationsOf(page);
  await page.emulateMedia({ colorScheme: 'dark' });
  const dark = await violationsOf(page);
  await page.emulateMedia({ colorScheme: 'light' });
  return [...light, ...dark.map((each) => `dark: ${each}`)];
}
