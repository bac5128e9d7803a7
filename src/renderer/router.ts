import { createRouter, createWebHistory } from 'vue-router';

/** The screens. Those of a project carry its handle, so that a reload comes back to the same place. */
export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', name: 'home', component: () => import('./features/home/HomeScreen.vue') },
    {
      path: '/settings',
      name: 'settings',
      component: () => import('./features/settings/SettingsScreen.vue'),
    },
    { path: '/help/:page?', name: 'help', component: () => import('./features/help/HelpScreen.vue') },
    {
      path: '/project/:project',
      component: () => import('./ProjectFrame.vue'),
      children: [
        { path: '', redirect: { name: 'images' } },
        { path: 'images', name: 'images', component: () => import('./features/images/ImagesScreen.vue') },
        { path: 'read/:image?', name: 'read', component: () => import('./features/read/ReadScreen.vue') },
        { path: 'import', name: 'import', component: () => import('./features/import/ImportScreen.vue') },
        {
          path: 'readers',
          name: 'readers',
          component: () => import('./features/readers/ReadersScreen.vue'),
        },
        { path: 'data', name: 'data', component: () => import('./features/data/DataScreen.vue') },
        { path: 'train/:run?', name: 'train', component: () => import('./features/train/TrainScreen.vue') },
        {
          path: 'results/:run?',
          name: 'results',
          component: () => import('./features/results/ResultsScreen.vue'),
        },
        {
          path: 'opinion/:run?',
          name: 'opinion',
          component: () => import('./features/opinion/OpinionScreen.vue'),
        },
        {
          path: 'deploy/:run?',
          name: 'deploy',
          component: () => import('./features/deploy/DeployScreen.vue'),
        },
      ],
    },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
});
