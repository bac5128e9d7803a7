import { reactive } from 'vue';

/** What this reader chose to see of cases with masks, until the window is closed. `className` null: all classes. */
export const maskSettings = reactive({
  truthShown: true,
  predictedShown: true,
  className: null as string | null,
});
