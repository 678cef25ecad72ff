# Every target is a script of its own name in scripts/, which says what it does and can be run by itself.
targets := demo test package lab lab-kubernetes bench lint fuzz chaos endurance release

.PHONY: $(targets) help clean
help:
	@for t in $(targets); do printf '%-15s %s\n' "$$t" "$$(sed -n '2s/^# //p' scripts/$$t)"; done
$(targets):
	@scripts/$@
clean:
	rm -rf build
