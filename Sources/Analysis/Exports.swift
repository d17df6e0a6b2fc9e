// Wire and Sockets are no products. These are the words of them that authors of analyzers use.
@_exported public import Sockets

@_exported public import struct Wire.IPAddress
@_exported public import struct Wire.IPProtocol
@_exported public import enum Wire.TCPState
@_exported public import struct Wire.Timestamp
