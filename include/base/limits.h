/*
 * base/limits: every bound of the program, each with its reason. What is over a
 * bound is dropped or cut, counted, and said in the event; never an error and
 * never a growing buffer.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* One read() of /dev/kmsg: CONSOLE_EXT_LOG_MAX (printk.c up to 6.1) is 8192; a smaller buffer loses the record
 * (EINVAL). */
#define LIMIT_KMSG_READ 8192
/* Un-escaped text of one joined line: all the pieces of a summary, two paths of PATH_MAX would not fit in a record. */
#define LIMIT_LINE 16384
/* Pieces (pr_cont records) that may make one line; the summary has at most 12. */
#define LIMIT_LINE_PIECES 32
/* Reports open at once, one per printing task (caller=T…). The kernel's oom_lock makes two already rare. */
#define LIMIT_OPEN_REPORTS 4
/* Text a report keeps: names and paths of the trigger, the summary, the memcg block. */
#define LIMIT_REPORT_TEXT 16384
/* Task-table rows kept per report, largest by rss; more are counted. A node with more tasks keeps its victim in
 * practice. */
#define LIMIT_TASK_ROWS 1024
/* Kills of one decision whose pid is remembered, to drop a kill line printed twice. */
#define LIMIT_GROUP_PIDS 512
/* memory.stat rows kept; 7.x prints about 80. */
#define LIMIT_STAT_ROWS 128
/* Zone rows kept from Mem-Info: nodes times zones. */
#define LIMIT_ZONES 64
/* Rows of the task table published with an event. */
#define LIMIT_EVENT_TOP 10
/* Ancestors published with a victim, nearest first. */
#define LIMIT_PARENTS 8
/* Points of the memory history published with a victim. */
#define LIMIT_HISTORY 32
/* Enclosing containers published. */
#define LIMIT_OUTER 8
/* Command line bytes kept of a process; a longer one is cut and marked. */
#define LIMIT_CMDLINE 4096
/* Arguments published. */
#define LIMIT_CMDLINE_ARGS 128
/* A path (PATH_MAX with its NUL). */
#define LIMIT_PATH 4096
/* A process name. The kernel's is 15 bytes; /proc shows workers of kernel threads longer, text logs may show anything.
 */
#define LIMIT_COMM 64
/* One /proc file that is not a command line (status is about 1.5 kB; cgroup on v1 up to a dozen paths). */
#define LIMIT_PROC_FILE 16384
/* One encoded event. Larger optional parts (stat, tasks, history, command line) are left out until it fits. */
#define LIMIT_EVENT_JSON 32768
/* Memory jansson may take while one event is encoded; a fixed arena, reset for each event. */
#define LIMIT_JSON_ARENA (1024 * 1024)
/* Events the socket retains for replay (the contract promises at least 256). */
#define LIMIT_RETAINED 256
/* Clients of the event socket. */
#define LIMIT_CLIENTS 64
/* A client's request line. */
#define LIMIT_REQUEST 512
/* Bytes of events waiting for journald before the oldest is dropped and counted. */
#define LIMIT_JOURNAL_BACKLOG (4 * 1024 * 1024)
/* Records read from the kernel before the other files of the loop get their turn. */
#define LIMIT_RECORDS_PER_TURN 64

/* Kernel time (microseconds) after which an open report is given up: no kernel was seen to print one for longer. */
#define LIMIT_REPORT_AGE_USEC (30ull * 1000 * 1000)
/*
 * Kernel time between two lines of one group kill. The kernel prints them in one loop under oom_lock; a serial console
 * takes some 10 ms a line. Longer, and a kill without a report would be taken for a member.
 */
#define LIMIT_GROUP_PAUSE_USEC (250ull * 1000)

#endif
