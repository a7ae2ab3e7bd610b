//! The resource usage of a process, as Linux reports it.

use std::fs;

/// The resources that a process has used so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// CPU time in seconds of all its threads, including ended ones. In steps of 10 ms.
    pub cpu_seconds: f64,
    /// Bytes of memory that it holds.
    pub resident_bytes: u64,
}

/// The unit in which the kernel counts CPU time for programs, the same on every architecture.
const TICKS_PER_SECOND: f64 = 100.0;

impl Usage {
    /// The usage of this process; none if the system does not report it.
    pub fn of_self() -> Option<Self> {
        Self::read("self")
    }

    /// The usage of a process of this machine; none if there is no such process.
    pub fn of(pid: u32) -> Option<Self> {
        Self::read(&pid.to_string())
    }

    fn read(process: &str) -> Option<Self> {
        let file = |name: &str| fs::read_to_string(format!("/proc/{process}/{name}")).ok();
        let cpu_seconds = cpu_seconds(&file("stat")?)?;
        Some(Self { cpu_seconds, resident_bytes: resident_bytes(&file("status")?)? })
    }
}

/// The name of the program, which may hold anything, stands in parentheses before the numbers.
fn cpu_seconds(stat: &str) -> Option<f64> {
    /// Counted from the state, which is the first after the name.
    const OF_PROGRAM_AND_KERNEL: [usize; 2] = [11, 12];
    let (_, numbers) = stat.rsplit_once(')')?;
    let fields: Vec<&str> = numbers.split_whitespace().collect();
    let ticks = OF_PROGRAM_AND_KERNEL.map(|at| fields.get(at)?.parse::<u64>().ok());
    Some((ticks[0]? + ticks[1]?) as f64 / TICKS_PER_SECOND)
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_numbers() {
        let stat = "7 (a) b) S 1 2 3 4 5 6 7 8 9 10 250 50 13";
        assert_eq!(cpu_seconds(stat), Some(3.0));
        assert_eq!(cpu_seconds("7 (a) S 1"), None);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(Usage::of_self().is_some_and(|usage| usage.resident_bytes > 1 << 20));
        assert_eq!(Usage::of(u32::MAX), None);
    }
}
