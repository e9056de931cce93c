/** Every rule that the rendered manifests are held to. */
import { availabilityRules } from './availability.ts';
import { configurationRules } from './configuration.ts';
import { customResourceRules } from './custom-resources.ts';
import { metadataRules } from './metadata.ts';
import { monitoringRules } from './monitoring.ts';
import { networkRules } from './network.ts';
import { placeholderRules } from './placeholders.ts';
import { platformRules } from './platform.ts';
import { referenceRules } from './references.ts';
import type { Rule } from './rule.ts';
import { securityRules } from './security.ts';
import { wayInRules } from './ways-in.ts';
import { workloadRules } from './workloads.ts';

export const rules: readonly Rule[] = [
  ...metadataRules,
  ...workloadRules,
  ...securityRules,
  ...referenceRules,
  ...wayInRules,
  ...networkRules,
  ...availabilityRules,
  ...configurationRules,
  ...placeholderRules,
  ...monitoringRules,
  ...platformRules,
  ...customResourceRules,
];
