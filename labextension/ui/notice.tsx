/**
 * Notices: what is wrong or empty, and what to do about it.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ReactNode } from 'react';

import type { RokError } from '../rest/error';

/** An error in full: what happened, what to do next, and a way to try again. */
export function ErrorNotice(props: {
  error: RokError;
  trans: TranslationBundle;
  onRetry?: () => void;
}): JSX.Element {
  const { error, trans, onRetry } = props;
  return (
    <div className="jp-RokNotice jp-mod-error" role="alert">
      <p className="jp-RokNotice-message">{error.message}</p>
      {error.hint && <p className="jp-RokNotice-hint">{error.hint}</p>}
      {onRetry && (
        <button type="button" className="jp-RokButton" onClick={onRetry}>
          {trans.__('Try again')}
        </button>
      )}
    </div>
  );
}

/** What is said where there is nothing yet, with what to do about it as its content. */
export function EmptyNotice(props: { title: string; children?: ReactNode }): JSX.Element {
  return (
    <div className="jp-RokNotice jp-mod-empty">
      <p className="jp-RokNotice-message">{props.title}</p>
      {props.children}
    </div>
  );
}

/** Something the user should know, but can go on with. */
export function WarningNotice(props: { children: ReactNode }): JSX.Element {
  return (
    <div className="jp-RokNotice jp-mod-warning" role="status">
      {props.children}
    </div>
  );
}
