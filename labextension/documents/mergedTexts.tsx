/**
 * Two texts side by side, with what differs marked. The merge view is loaded when it is first used.
 */
import type { TranslationBundle } from '@jupyterlab/translation';
import { useEffect, useRef, useState } from 'react';

import { asRokError, type RokError } from '../rest/error';
import { ErrorNotice } from '../ui/notice';

/** What is in the tab on the left, what the file holds on the right. */
export function MergedTexts(props: {
  mine: string;
  restored: Promise<string>;
  trans: TranslationBundle;
}): JSX.Element {
  const { trans } = props;
  const host = useRef<HTMLDivElement>(null);
  const texts = useRef(props);
  const [error, setError] = useState<RokError>();
  useEffect(() => {
    const { mine, restored } = texts.current;
    const shown = draw(host.current!, mine, restored);
    shown.catch(reason => setError(asRokError(reason)));
    return () => {
      void shown.then(view => view?.destroy()).catch(() => undefined);
    };
  }, []);
  if (error) {
    return <ErrorNotice error={error} trans={trans} />;
  }
  return (
    <div className="jp-RokConflict-texts">
      <div className="jp-RokConflict-titles" aria-hidden="true">
        <span>{trans.__('Yours, in the tab')}</span>
        <span>{trans.__('Restored, on the disk')}</span>
      </div>
      <div
        ref={host}
        className="jp-RokConflict-merge"
        role="region"
        aria-label={trans.__('Yours on the left, the restored one on the right')}
      />
    </div>
  );
}

async function draw(
  host: HTMLElement,
  mine: string,
  restored: Promise<string>
): Promise<{ destroy(): void } | undefined> {
  const [{ MergeView }, { EditorState }, { EditorView }, right] = await Promise.all([
    import('@codemirror/merge'),
    import('@codemirror/state'),
    import('@codemirror/view'),
    restored
  ]);
  if (!host.isConnected) {
    return undefined;
  }
  const extensions = [EditorState.readOnly.of(true), EditorView.lineWrapping, EditorView.editable.of(false)];
  return new MergeView({
    a: { doc: mine, extensions },
    b: { doc: right, extensions },
    parent: host,
    collapseUnchanged: { margin: 2, minSize: 4 }
  });
}
