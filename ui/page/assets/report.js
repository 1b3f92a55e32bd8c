// What became of what was added is brought into sight, however far down the list one has read.
watch('value', () => element.querySelector('.report .group')?.scrollIntoView({ block: 'nearest' }));
