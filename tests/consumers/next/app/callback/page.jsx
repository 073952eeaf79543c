"use client";

import { useEffect } from "react";

export default function Callback() {
  useEffect(() => void import("mcp-authorize/callback"), []);
  return null;
}
