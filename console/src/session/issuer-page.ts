/**
 * Signs this page in at the issuer of its deployment.
 *
 * @module
 */
import { reportSignInProblem, setTokenSource } from '../api/session.ts';
import { type IssuerSettings, OidcSession } from './oidc.ts';

/** @returns false if the browser leaves for the issuer */
export async function signInAtIssuer(settings: IssuerSettings, basePath: string): Promise<boolean> {
  const session = new OidcSession(settings, {
    fetch: (url, init) => fetch(url, init),
    storage: sessionStorage,
    now: () => Date.now(),
    navigate: (url) => location.assign(url),
    redirectUri: `${location.origin}${basePath}signed-in`,
  });
  setTokenSource({
    token: () => session.token(),
    signIn: () => session.signIn(location.pathname + location.search + location.hash),
    signOut: () => session.signOut(),
  });
  try {
    const returnTo = await session.complete(new URL(location.href));
    if (returnTo === undefined) {
      await session.signIn(location.pathname + location.search + location.hash);
      return false;
    }
    // The path was stored by this page, in a storage that other pages of the origin can write.
    history.replaceState(null, '', returnTo.startsWith(basePath) ? returnTo : basePath);
  } catch (error) {
    history.replaceState(null, '', basePath);
    reportSignInProblem(error instanceof Error ? error.message : String(error));
  }
  return true;
}
