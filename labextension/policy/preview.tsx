/**
 * What a policy would mean: in words, along time, and for the snapshots that there are.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useState } from 'react';

import { asRokError, type RokError } from '../rest/error';
import type { Policy, PolicyPreview } from '../rest/values';
import { Timeline } from './timeline';

/** How long nothing is typed before the server is asked, in milliseconds. */
const PAUSE = 250;

export interface IPreviewProps {
  /** The policy; undefined while what is filled in is none. */
  readonly policy: Policy | undefined;
  readonly ask: (policy: Policy) => Promise<PolicyPreview>;
  readonly trans: TranslationBundle;
}

/** The preview of what is filled in; follows it as it changes. */
export function PreviewSection(props: IPreviewProps): JSX.Element {
  const { policy, trans } = props;
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
      {preview && (
        <PreviewWords preview={preview} isOn={(policy?.schedule.every_minutes ?? 0) > 0} trans={trans} />
      )}
    </section>
  );
}

function PreviewWords(props: {
  preview: PolicyPreview;
  isOn: boolean;
  trans: TranslationBundle;
}): JSX.Element {
  const { preview, isOn, trans } = props;
  return (
    <>
      <ul aria-live="polite">
        {preview.words.map(words => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      {preview.existing_forgotten > 0 && (
        <p className="jp-RokPolicy-forgotten">
          {isOn
            ? trans.__(
                'They are forgotten after the next scheduled snapshot. Pin what you want to keep for ever.'
              )
            : trans.__('Nothing is forgotten by itself while there is no schedule; “rok forget” does it.')}
        </p>
      )}
      {preview.kept.length > 0 && <Timeline created={preview.kept.map(each => each.created)} trans={trans} />}
      {preview.kept_count > preview.kept.length && (
        <p>{trans.__('The line shows the newest %1 of %2.', preview.kept.length, preview.kept_count)}</p>
      )}
    </>
  );
}

/** Ask for the preview of the last policy that stood still for a moment. */
function usePreview({ policy, ask }: IPreviewProps): { preview?: PolicyPreview; error?: RokError } {
  const [answer, setAnswer] = useState<{ preview?: PolicyPreview; error?: RokError }>({});
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
