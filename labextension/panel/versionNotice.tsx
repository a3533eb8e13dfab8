/**
 * Says at the top of the panel where panel and server extension are of different versions, and which of them to update.
 */
import { ReactWidget } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';

import type { IRokModel } from '../tokens';
import { WarningNotice } from '../ui/notice';
import { useSignals } from '../ui/useSignal';
import { compareVersions, VERSION } from '../version';

function VersionNotice(props: { model: IRokModel; trans: TranslationBundle }): JSX.Element | null {
  const { model, trans } = props;
  useSignals(model.status.changed);
  const server = model.status.value?.version ?? '';
  const order = compareVersions(server, VERSION);
  if (order === 0) {
    return null;
  }
  return (
    <WarningNotice>
      <p>{trans.__('The server has rok-jupyter %1, this panel is of %2.', server, VERSION)}</p>
      <p>
        {order < 0
          ? trans.__(
              'Update it where the Jupyter server runs (pip install -U rok-jupyter), and restart the server. Until then some things may not work.'
            )
          : trans.__('Reload the page to get the newer panel.')}
      </p>
    </WarningNotice>
  );
}

/** Make the notice; it takes no room while there is nothing to say. */
export function makeVersionNotice(model: IRokModel, trans: TranslationBundle): ReactWidget {
  const notice = ReactWidget.create(<VersionNotice model={model} trans={trans} />);
  notice.addClass('jp-RokPanel-notice');
  return notice;
}
