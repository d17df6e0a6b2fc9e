import Foundation

/// What this process has in memory.
public enum ResidentMemory {
  public static var bytes: Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .ascii))?.split(
      separator: " ")
    return (fields?.dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
  }
}
