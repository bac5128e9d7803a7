import { useRouter } from 'vue-router';

import { adjudicationOf } from '../../../contract/round-id.ts';
import { useProject } from '../../stores/project.ts';

/** Ways to the places of a round. */
export function useRoundsPlaces() {
  const router = useRouter();
  const project = useProject();
  const params = () => ({ project: project.id! });
  return {
    overview: () => router.push({ name: 'readers', params: params(), query: {} }),
    part: (round: string, part: 'agreement' | 'adjudicate') => ({
      name: 'readers',
      params: params(),
      query: { round, part },
    }),
    read: (round: string) => ({ name: 'read', params: { ...params(), image: '' }, query: { round } }),
    adjudicate: (round: string, image = '') => ({
      name: 'read',
      params: { ...params(), image },
      query: { round: adjudicationOf(round) },
    }),
  };
}
