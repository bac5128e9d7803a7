import { reactive } from 'vue';

/** What this reader chose to see beside the picture, until the window is closed. */
export const readPanelSettings = reactive({ othersShown: false });
