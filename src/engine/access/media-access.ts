import { ReadroomError } from '../../contract/errors.ts';
import type { CallContext } from '../../contract/profile.ts';
import { refusal } from '../media/answers.ts';
import { type Grounds, requirePermission } from './guard.ts';
import type { Access } from './permissions.ts';

type Media = (request: Request) => Promise<Response>;

const below = /^\/media\/([^/]+)\/(.*)$/;

/** Pictures are for members; what is sent, reports, packages, pictures and masks of runs for owners; files of the machine for nobody else. */
function accessTo(method: string, rest: string): Access {
  const isRead = method === 'GET' || method === 'HEAD';
  if (rest.startsWith('file/')) return 'machine';
  if (isRead && /^[0-9a-f-]{36}\/(thumbnail|pixels)$/.test(rest)) return 'reader';
  return 'owner';
}

/** The media handler, as far as a caller may use it. */
export function guardMedia(
  media: Media,
  grounds: Grounds,
): (request: Request, caller?: CallContext) => Promise<Response> {
  return async (request, caller = {}) => {
    const [, project = '', rest = ''] = below.exec(new URL(request.url).pathname) ?? [];
    try {
      requirePermission(accessTo(request.method, rest), caller, { project }, grounds);
    } catch (error) {
      if (error instanceof ReadroomError) return refusal(error);
      throw error;
    }
    return media(request);
  };
}
