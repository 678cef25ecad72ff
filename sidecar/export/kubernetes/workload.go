package kubernetes

import (
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/sidecar-buildpack/sidecar/sidecar/export"
)

// nameLabel is Kubernetes' recommended label for an app's name.
const nameLabel = "app.kubernetes.io/name"

// Result is what was exported: the workload and what belongs to it, what has to be there before, and what is lost.
type Result struct {
	Objects []runtime.Object
	Needs   export.Needs
	Losses  export.Losses
}

// Export returns the workload that runs the app, and what it cannot carry.
func Export(app export.App, options Options) (Result, error) {
	if err := options.check(); err != nil {
		return Result{}, err
	}
	e := &exporter{app: app, options: options, shape: shapeOf(app.Plan, options.Shape), owners: map[string]string{}}
	e.shared = e.sharedPaths()
	objects := []runtime.Object{e.workload(e.pod())}
	if options.Kind == "StatefulSet" {
		objects = append(objects, e.governor())
	}
	return Result{objects, e.needs, e.losses.Sorted()}, nil
}

func (e *exporter) labels() map[string]string { return map[string]string{nameLabel: e.app.Name} }

func (e *exporter) workload(spec core.PodSpec) runtime.Object {
	object := meta.ObjectMeta{Name: e.app.Name, Labels: e.labels()}
	selector := &meta.LabelSelector{MatchLabels: e.labels()}
	template := core.PodTemplateSpec{ObjectMeta: meta.ObjectMeta{Labels: e.labels()}, Spec: spec}
	version := func(api string) meta.TypeMeta { return meta.TypeMeta{APIVersion: api, Kind: e.options.Kind} }
	switch e.options.Kind {
	case "StatefulSet":
		return &apps.StatefulSet{TypeMeta: version("apps/v1"), ObjectMeta: object,
			Spec: apps.StatefulSetSpec{ServiceName: e.app.Name, Selector: selector, Template: template}}
	case "DaemonSet":
		return &apps.DaemonSet{TypeMeta: version("apps/v1"), ObjectMeta: object, Spec: apps.DaemonSetSpec{Selector: selector, Template: template}}
	case "Job":
		return &batch.Job{TypeMeta: version("batch/v1"), ObjectMeta: object, Spec: e.job(template)}
	case "CronJob":
		return &batch.CronJob{TypeMeta: version("batch/v1"), ObjectMeta: object,
			Spec: batch.CronJobSpec{Schedule: e.options.Schedule, JobTemplate: batch.JobTemplateSpec{Spec: e.job(template)}}}
	case "Pod":
		return &core.Pod{TypeMeta: version("v1"), ObjectMeta: object, Spec: spec}
	}
	return &apps.Deployment{TypeMeta: version("apps/v1"), ObjectMeta: object,
		Spec: apps.DeploymentSpec{Selector: selector, Template: template}}
}

// governor returns the headless Service that gives the pods of a StatefulSet their names.
func (e *exporter) governor() runtime.Object {
	spec := core.ServiceSpec{ClusterIP: core.ClusterIPNone, Selector: e.labels()}
	if e.options.Port != 0 {
		spec.Ports = []core.ServicePort{{Port: int32(e.options.Port), TargetPort: intstr.FromInt(e.options.Port)}}
	}
	return &core.Service{
		TypeMeta:   meta.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: meta.ObjectMeta{Name: e.app.Name, Labels: e.labels()},
		Spec:       spec,
	}
}

// job returns a job that is not tried again. A startup probe that never passes would restart its sidecar without end, and the job with it.
func (e *exporter) job(template core.PodTemplateSpec) batch.JobSpec {
	template.Spec.RestartPolicy = core.RestartPolicyNever
	var once int32
	spec := batch.JobSpec{BackoffLimit: &once, Template: template}
	if e.options.Deadline > 0 {
		deadline := int64(e.options.Deadline)
		spec.ActiveDeadlineSeconds = &deadline
		return spec
	}
	for i, p := range e.app.Plan.Sidecars {
		for _, c := range template.Spec.InitContainers {
			if c.Name == e.shape.names[i] && c.StartupProbe != nil {
				e.losses.Add(p.Name, "startup-probe", "a job whose sidecar never starts never ends: give it a deadline")
			}
		}
	}
	return spec
}
