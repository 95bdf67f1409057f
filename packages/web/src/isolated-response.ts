// What the service worker makes of an answer. Apart from it, so that it can be tested without a browser.
import { APP_HEADERS } from './headers.ts';

/**
 * The same answer with the app's headers on it; an answer that nobody may look into (redirect, network error) as it is.
 * A body is passed on as it streams.
 */
export function isolatedResponse(response: Response): Response {
  if (response.status === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(APP_HEADERS)) headers.set(name, value);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers });
}
