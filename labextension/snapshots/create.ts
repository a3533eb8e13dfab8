/**
 * Making the repository, which is the first minute's one button.
 */
import { asRokError } from '../rest/error';
import type { ISnapshotsContext } from './context';
import { tellFailed } from './take';

/** Make the repository; the panel then says where it and its key are. */
export async function createRepository(context: ISnapshotsContext): Promise<void> {
  const { model, board, trans } = context;
  board.failure = undefined;
  board.pending = trans.__('Making the repository …');
  try {
    await model.api.createRepository();
    await model.refresh();
    board.announcement = trans.__('The repository was made.');
  } catch (error) {
    tellFailed(context, asRokError(error), () => void createRepository(context));
  } finally {
    board.pending = '';
  }
}
