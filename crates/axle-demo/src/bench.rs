//! x
use std::io;
/// S
#[derive(Debug, Clone)]
pub struct BenchSettings {
    /// m
    pub members: u32,
}
/// w
pub fn write_benchmark(_settings: &BenchSettings, _write: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    Ok(())
}
