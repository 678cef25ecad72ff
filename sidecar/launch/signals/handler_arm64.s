#include "textflag.h"

// 1<<SIGILL | 1<<SIGTRAP | 1<<SIGBUS | 1<<SIGFPE | 1<<SIGSEGV | 1<<SIGSYS
#define FAULTS 0x800009b0

// The kernel calls it with the signal in R0, its siginfo in R1 and its context in R2, and restores all registers afterwards.
TEXT ·onSignal(SB), NOSPLIT|NOFRAME|TOPFRAME, $0
	MOVD $FAULTS, R3
	LSR  R0, R3, R3
	TBZ  $0, R3, count
	MOVW 8(R1), R3 // si_code: above 0 where the kernel raised it
	CMPW $0, R3
	BLE  count
	MOVD ·next(SB), R3
	JMP  (R3)

count:
	MOVD R0, R6
	MOVD $172, R8 // getpid
	SVC
	MOVW ·pid(SB), R3
	CMPW R0, R3
	BNE  return
	MOVD $·counts(SB), R3
	ADD  R6<<2, R3, R3

again:
	LDAXRW (R3), R4
	ADDW   $1, R4
	STLXRW R4, (R3), R5
	CBNZ   R5, again
	MOVD   $1, R4
	SUB    $16, RSP
	MOVD   R4, (RSP)
	MOVW   ·doorbell(SB), R0
	MOVD   RSP, R1
	MOVD   $8, R2
	MOVD   $64, R8 // write
	SVC
	ADD    $16, RSP

return:
	RET

TEXT ·handler(SB), NOSPLIT, $0-8
	MOVD $·onSignal(SB), R0
	MOVD R0, ret+0(FP)
	RET
