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

const element = document.getElementById('app');
// It reads the address before the router changes it. This module does not wait: modules that are
// loaded meanwhile import its chunk, and would wait for it.
void signIn(BASE_PATH).then((isSignedIn) => {
  if (!isSignedIn || element === null) return;
  createRoot(element).render(
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </StrictMode>,
  );
  void import('../ui/focus.ts').then(({ startFocus }) => startFocus());
});
// The screen's code is loaded meanwhile. An issuer returns to an address without a screen.
if (!location.pathname.endsWith('/signed-in')) router.load().catch(() => undefined);
