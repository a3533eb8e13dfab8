/**
 * What a policy would mean: in words, along time, and for the snapshots that there are.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';

import { asRokError, type RokError } from '../rest/error';
import type { Policy } from '../rest/values';
import { Timeline } from './timeline';

/** How long nothing is typed before the server is asked, in milliseconds. */
const PAUSE = 250;

/** What the server says of a policy. */
export interface IPolicyPreview {
  /** How many snapshots a simulated year takes, and in how many days. */
  readonly taken: number;
  readonly days: number;
  /** What is left of them in the end, newest first; of very many only the newest. */
  readonly kept: readonly { readonly created: string; readonly reasons: readonly string[] }[];
  readonly kept_count: number;
  readonly existing_kept: number;
  readonly existing_forgotten: number;
  readonly words: readonly string[];
}

export interface IPreviewProps {
  /** The policy; undefined while what is filled in is none. */
  readonly policy: Policy | undefined;
  readonly ask: (policy: Policy) => Promise<IPolicyPreview>;
  readonly trans: TranslationBundle;
}

/** The preview of what is filled in; follows it as it changes. */
export function PolicyPreview(props: IPreviewProps): JSX.Element {
  const { trans } = props;
  const { preview, error } = usePreview(props);
  return (
    <section className="jp-RokPolicy-preview" aria-label={trans.__('What this means')}>
      <h3>{trans.__('What this means')}</h3>
      {error && (
        <div className="jp-RokForm-problem">
          <p>
            {trans.__('It can’t be previewed: %1', error.message)} {error.hint}
          </p>
        </div>
      )}
      {preview && <PreviewWords preview={preview} trans={trans} />}
    </section>
  );
}

function PreviewWords(props: { preview: IPolicyPreview; trans: TranslationBundle }): JSX.Element {
  const { preview, trans } = props;
  const { existing_forgotten: forgotten, existing_kept: stay } = preview;
  return (
    <>
      <ul>
        {preview.words.map(words => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      {preview.kept.length > 0 && (
        <>
          <p>
            {trans.__(
              'Of %1 snapshots in %2 days, %3 are kept at the end:',
              preview.taken.toLocaleString(),
              preview.days,
              preview.kept_count.toLocaleString()
            )}
          </p>
          <Timeline created={preview.kept.map(each => each.created)} trans={trans} />
        </>
      )}
      <p className={forgotten > 0 ? 'jp-RokPolicy-forgotten' : undefined} aria-live="polite">
        {forgotten > 0
          ? trans.__(
              'Of the %1 snapshots that there are, %2 would be forgotten.',
              stay + forgotten,
              forgotten
            )
          : trans._n(
              'The snapshot that there is would be kept.',
              'All %1 snapshots that there are would be kept.',
              stay
            )}
      </p>
    </>
  );
}

/** Ask for the preview of the last policy that stood still for a moment. */
function usePreview({ policy, ask }: IPreviewProps): { preview?: IPolicyPreview; error?: RokError } {
  const [answer, setAnswer] = useState<{ preview?: IPolicyPreview; error?: RokError }>({});
  const text = JSON.stringify(policy);
  useEffect(() => {
    if (policy === undefined) {
      return;
    }
    let isWanted = true;
    const timer = window.setTimeout(() => {
      ask(policy)
        .then(preview => isWanted && setAnswer({ preview }))
        .catch(error => isWanted && setAnswer({ error: asRokError(error) }));
    }, PAUSE);
    return () => {
      isWanted = false;
      window.clearTimeout(timer);
    };
    // The policy is a new object each time; its text is what changes.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [text, ask]);
  return answer;
}
