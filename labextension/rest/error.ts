/**
 * What went wrong, as the user reads it.
 *
 * Owns the one error that the panel knows: what happened and what to do next, each a sentence. The server gives both; where there
 * is no answer of ours (the server gone, the extension missing, a proxy's page) this file has the sentences.
 */
import type { TranslationBundle } from '@jupyterlab/translation';

/** An error with a sentence of what happened (`message`) and one of what to do next (`hint`). */
export class RokError extends Error {
  constructor(
    readonly kind: string,
    message: string,
    readonly hint: string = '',
    readonly status: number = 0
  ) {
    super(message);
    this.name = 'RokError';
  }
}

/** Return whatever was thrown as a RokError. */
export function asRokError(error: unknown): RokError {
  if (error instanceof RokError) {
    return error;
  }
  return new RokError('unknown', error instanceof Error ? error.message : String(error));
}

/** The error of a request that got no answer. */
export function unreachable(trans: TranslationBundle): RokError {
  return new RokError(
    'unavailable',
    trans.__('The Jupyter server does not answer.'),
    trans.__('Check that it runs and that you are online. The panel goes on by itself once it answers.')
  );
}

/** The error of a request that the server doesn't know the sender of. */
export function loggedOut(status: number, trans: TranslationBundle): RokError {
  return new RokError(
    'unauthenticated',
    trans.__('You are logged out.'),
    trans.__('Reload the page and log in again. Save what is open first, if it can be saved.'),
    status
  );
}

/** The error of an answer that isn't one of our server extension's. */
export function foreignAnswer(status: number, trans: TranslationBundle): RokError {
  if (status === 404) {
    return new RokError(
      'unimplemented',
      trans.__('The server has no rok-jupyter extension, or an older one than this panel.'),
      trans.__(
        'Install rok-jupyter where the Jupyter server runs (pip install -U rok-jupyter), and restart the server.'
      ),
      status
    );
  }
  if (status === 401 || status === 403) {
    return new RokError(
      'permission_denied',
      trans.__('The server refused the request.'),
      trans.__(
        'You may have been logged out: reload the page and log in. Otherwise ask who runs this server for access.'
      ),
      status
    );
  }
  return new RokError(
    'unavailable',
    trans.__('The server answered %1, which is no answer of rok-jupyter.', status),
    trans.__('Try again; if it stays, the log of the Jupyter server says more.'),
    status
  );
}
