/**
 * Who else works with the files that would change: unsaved documents of this window, and kernels.
 */
import { PathExt } from '@jupyterlab/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useState } from 'react';

import type { IKernel } from './kernels';
import { Button } from '../ui/button';
import { WarningNotice } from '../ui/notice';

/** Unsaved documents whose files would change: nothing goes on before they are saved. */
export function UnsavedDocuments(props: {
  paths: readonly string[];
  save: () => Promise<{ readonly failed: number }>;
  trans: TranslationBundle;
}): JSX.Element | null {
  const { paths, save, trans } = props;
  const [saving, setSaving] = useState(false);
  const [failed, setFailed] = useState(0);
  if (paths.length === 0) {
    return null;
  }
  const start = async (): Promise<void> => {
    setSaving(true);
    setFailed((await save()).failed);
    setSaving(false);
  };
  return (
    <WarningNotice>
      <p>
        {trans._n(
          'An open document with unsaved changes is in the way: %2.',
          '%1 open documents with unsaved changes are in the way: %2.',
          paths.length,
          paths.map(path => PathExt.basename(path)).join(', ')
        )}
      </p>
      {failed > 0 && (
        <p role="alert">
          {trans.__(
            'Not saved, since the file has changed on disk or can’t be written. Cancel, and save it by hand.'
          )}
        </p>
      )}
      <Button
        label={trans.__('Save first')}
        caption={trans.__('Your changes go into the safety snapshot, from which they can be had back')}
        reason={saving ? trans.__('Saving…') : undefined}
        onClick={() => void start()}
      />
    </WarningNotice>
  );
}

/** Kernels that run where files would change. */
export function RunningKernels(props: {
  kernels: readonly IKernel[];
  trans: TranslationBundle;
}): JSX.Element | null {
  const { kernels, trans } = props;
  if (kernels.length === 0) {
    return null;
  }
  return (
    <WarningNotice>
      <p>
        {trans._n(
          'A kernel runs there: %2. It goes on with what it has loaded; you can restart it afterwards.',
          '%1 kernels run there: %2. They go on with what they have loaded; you can restart them afterwards.',
          kernels.length,
          kernels.map(kernel => kernel.name).join(', ')
        )}
      </p>
    </WarningNotice>
  );
}
