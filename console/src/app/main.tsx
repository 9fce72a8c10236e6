import './styles.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { configureApi } from '../api/client.ts';
import { createQueryClient } from '../api/query-client.ts';
import { startKeyboard } from '../ui/keyboard.ts';
import { startSettings } from '../ui/settings.ts';
import { apiRootOf, BASE_PATH } from './base-path.ts';
import { router } from './router.tsx';
import { signIn } from './sign-in.ts';

startSettings();
startKeyboard();
configureApi({ root: apiRootOf(BASE_PATH) });

/**
 * Signs in, then renders. The module itself does not wait: modules that are loaded meanwhile import
 * the chunk of this one, and would wait for its end.
 */
async function start(): Promise<void> {
  const element = document.getElementById('app');
  if (element === null) throw new Error('The page has no element #app');
  // The screen's code is loaded meanwhile.
  router.load().catch(() => undefined);
  if (!(await signIn(BASE_PATH))) return;
  createRoot(element).render(
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
}

void start();
